-- Several calls in one script: each is a step of its own, they are done in their order, and an error ends that one alone. `call` is
-- given the place of its call's first argument, and answers with a line of text, tabs between its parts, or with a list.
-- Returns the lines, one below the other; where an answer is a list, or leases were over on the way,
--   { the lines, empty where the answer is a list, these lists, leases that were over (see sweep), figures of their accounts, stamp }
-- An error is the list { 'error', message }.
local function answer_calls(first, each, ended, now, call)
  local lines, lists = {}, {}
  for at = first, #ARGV, each do
    new_step()
    local done, answer = pcall(call, at)
    if not done then answer = { 'error', type(answer) == 'table' and answer.err or tostring(answer) } end
    if type(answer) == 'table' then
      lists[#lists + 1] = answer
      answer = ''
    end
    lines[#lines + 1] = answer
  end
  local text = table.concat(lines, '\n')
  if #lists == 0 and #ended == 0 then return text end
  -- Figures as they are after the last call, so that they are the last word.
  new_step()
  return { text, lists, ended, figures_of_ended(ended, now), #ended > 0 and stamp(now) or '0' }
end
